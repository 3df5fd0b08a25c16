with

source as (

    select * from {{ source('raw', 'customers') }}

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
