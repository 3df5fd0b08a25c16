-- An order is written again when any of its parts was loaded since: its own row, an item or a payment, each of which
-- comes with its own table, in this run or a later one. So the stamps of all its parts are compared with those it was
-- built from, order by order; one high-water mark over the table would miss what is published out of turn.
-- Customers are copied whole, which stamps all of them anew every time: those are compared by value.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key='order_id',
        on_schema_change='fail',
        post_hook="{{ delete_orphaned_orders(ref('stg_orders')) }}"
    )
}}

with

orders as (

    select * from {{ ref('int_orders_enriched') }}

)

select orders.*

from orders

{% if is_incremental() %}

left join {{ this }} as built on orders.order_id = built.order_id

where
    built.order_id is null
    or orders.order_loaded_at is distinct from built.order_loaded_at
    or orders.items_loaded_at is distinct from built.items_loaded_at
    or orders.payments_loaded_at is distinct from built.payments_loaded_at
    or orders.item_count != built.item_count
    or orders.payment_count != built.payment_count
    or orders.customer_unique_id is distinct from built.customer_unique_id
    or orders.customer_state is distinct from built.customer_state

{% endif %}
