with

source as (

    select * from {{ source('raw', 'order_items') }}
    -- rows that were found gone from MySQL are marked, under "deletes": "soft"
    where _firn_deleted_at is null

),

renamed as (

    select

        ---------- ids
        order_id,
        order_item_id,
        product_id,
        seller_id,

        ---------- money, in reais
        price,
        freight_value,

        ---------- moments
        shipping_limit_date as shipping_limit_at,
        updated_at,

        ---------- loads
        _firn_run_id,
        _firn_loaded_at

    from source

)

select * from renamed
