with

source as (

    select * from {{ source('raw', 'customers') }}
    -- rows that were found gone from MySQL are marked, under "deletes": "soft"
    where _firn_deleted_at is null

),

renamed as (

    select

        ---------- ids
        customer_id,
        customer_unique_id,

        ---------- address
        customer_zip_code_prefix as zip_code_prefix,
        customer_city as city,
        customer_state as state,

        ---------- loads
        _firn_run_id,
        _firn_loaded_at

    from source

)

select * from renamed
