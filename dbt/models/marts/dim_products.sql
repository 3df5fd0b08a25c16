with

products as (

    select * from {{ ref('stg_products') }}

),

translations as (

    select * from {{ ref('stg_product_category_name_translation') }}

),

joined as (

    select
        products.product_id,

        ---------- category
        products.category_name,
        translations.category_name_english,
        coalesce(translations.category_name_english, products.category_name, 'uncategorized') as category,

        ---------- how it is presented
        products.product_name_length,
        products.product_description_length,
        products.product_photo_count,

        ---------- how large it is
        products.product_weight_g,
        products.product_length_cm,
        products.product_height_cm,
        products.product_width_cm,
        products.product_length_cm * products.product_height_cm * products.product_width_cm as product_volume_cm3

    from products

    left join translations on products.category_name = translations.category_name

)

select * from joined
