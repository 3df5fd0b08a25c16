with

items as (

    select * from {{ ref('stg_order_items') }}

),

orders as (

    select * from {{ ref('stg_orders') }}

),

-- inner: an item whose order was not loaded yet comes with it
joined as (

    select
        items.order_id,
        items.order_item_id,
        items.product_id,
        items.seller_id,
        orders.order_status,
        orders.purchased_at,
        items.shipping_limit_at,
        items.price,
        items.freight_value,
        items.price + items.freight_value as item_total

    from items

    inner join orders on items.order_id = orders.order_id

)

select * from joined
