with

source as (

    select * from {{ source('raw', 'orders') }}
    -- rows that were found gone from MySQL are marked, under "deletes": "soft"
    where _firn_deleted_at is null

),

renamed as (

    select

        ---------- ids
        order_id,
        customer_id,

        ---------- what became of it
        order_status,

        ---------- moments
        order_purchase_timestamp as purchased_at,
        order_approved_at as approved_at,
        order_delivered_carrier_date as handed_to_carrier_at,
        order_delivered_customer_date as delivered_at,
        order_estimated_delivery_date as estimated_delivery_at,
        updated_at,

        ---------- loads
        _firn_run_id,
        _firn_loaded_at

    from source

)

select * from renamed
