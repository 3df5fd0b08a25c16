with

source as (

    select * from {{ source('raw', 'product_category_name_translation') }}
    -- rows that were found gone from MySQL are marked, under "deletes": "soft"
    where _firn_deleted_at is null

),

renamed as (

    select

        ---------- names
        product_category_name as category_name,
        product_category_name_english as category_name_english,

        ---------- loads
        _firn_run_id,
        _firn_loaded_at

    from source

)

select * from renamed
