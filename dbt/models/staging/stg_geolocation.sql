with

source as (

    select * from {{ source('raw', 'geolocation') }}
    -- rows that were found gone from MySQL are marked, under "deletes": "soft"
    where _firn_deleted_at is null

),

renamed as (

    select

        ---------- place
        geolocation_zip_code_prefix as zip_code_prefix,
        geolocation_city as city,
        geolocation_state as state,

        ---------- degrees
        geolocation_lat as latitude,
        geolocation_lng as longitude,

        ---------- loads
        _firn_run_id,
        _firn_loaded_at

    from source

)

select * from renamed
