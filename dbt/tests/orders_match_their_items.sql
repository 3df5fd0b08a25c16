with

items as (

    select
        order_id,
        count(*) as item_count,
        sum(item_total) as order_total

    from {{ ref('fct_order_items') }}

    group by order_id

)

select
    orders.order_id,
    orders.item_count,
    orders.order_total,
    items.item_count as items_found,
    items.order_total as items_total

from {{ ref('fct_orders') }} as orders

left join items on orders.order_id = items.order_id

where
    orders.item_count != coalesce(items.item_count, 0)
    or orders.order_total != coalesce(items.order_total, 0)
