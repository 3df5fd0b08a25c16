with

source as (

    select * from {{ source('raw', 'sellers') }}
    -- rows that were found gone from MySQL are marked, under "deletes": "soft"
    where _firn_deleted_at is null

),

renamed as (

    select

        ---------- ids
        seller_id,

        ---------- address
        seller_zip_code_prefix as zip_code_prefix,
        seller_city as city,
        seller_state as state,

        ---------- loads
        _firn_run_id,
        _firn_loaded_at

    from source

)

select * from renamed
