with

source as (

    select * from {{ source('raw', 'products') }}
    -- rows that were found gone from MySQL are marked, under "deletes": "soft"
    where _firn_deleted_at is null

),

renamed as (

    select

        ---------- ids
        product_id,

        ---------- what it is
        product_category_name as category_name,

        ---------- how it is presented; the source spells two of these names so
        product_name_lenght as product_name_length,
        product_description_lenght as product_description_length,
        product_photos_qty as product_photo_count,

        ---------- how large it is
        product_weight_g,
        product_length_cm,
        product_height_cm,
        product_width_cm,

        ---------- loads
        _firn_run_id,
        _firn_loaded_at

    from source

)

select * from renamed
