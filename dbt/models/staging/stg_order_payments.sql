with

source as (

    select * from {{ source('raw', 'order_payments') }}
    -- rows that were found gone from MySQL are marked, under "deletes": "soft"
    where _firn_deleted_at is null

),

renamed as (

    select

        ---------- ids
        order_id,
        payment_sequential,

        ---------- how
        payment_type,
        payment_installments,

        ---------- money, in reais
        payment_value,

        ---------- moments
        updated_at,

        ---------- loads
        _firn_run_id,
        _firn_loaded_at

    from source

)

select * from renamed
