with

orders as (

    select * from {{ ref('stg_orders') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

payments as (

    select * from {{ ref('int_order_payments_pivoted') }}

),

items as (

    select
        order_id,
        count(*) as item_count,
        cast(sum(price) as number(18, 2)) as items_value,
        cast(sum(freight_value) as number(18, 2)) as freight_value,
        max(_firn_loaded_at) as items_loaded_at

    from {{ ref('stg_order_items') }}

    group by order_id

),

enriched as (

    select

        ---------- ids
        orders.order_id,
        orders.customer_id,
        customers.customer_unique_id,
        customers.state as customer_state,

        ---------- what became of it
        orders.order_status,
        orders.order_status not in ('canceled', 'unavailable') as is_sale,
        orders.order_status = 'delivered' and orders.delivered_at is not null as is_delivered,

        ---------- moments
        orders.purchased_at,
        orders.approved_at,
        orders.handed_to_carrier_at,
        orders.delivered_at,
        orders.estimated_delivery_at,

        ---------- parts
        coalesce(items.item_count, 0) as item_count,
        coalesce(items.items_value, 0) as items_value,
        coalesce(items.freight_value, 0) as freight_value,
        coalesce(payments.payment_count, 0) as payment_count,
        payments.payment_installments,
        coalesce(payments.credit_card_value, 0) as credit_card_value,
        coalesce(payments.boleto_value, 0) as boleto_value,
        coalesce(payments.voucher_value, 0) as voucher_value,
        coalesce(payments.debit_card_value, 0) as debit_card_value,
        coalesce(payments.not_defined_value, 0) as not_defined_value,
        coalesce(payments.payment_value, 0) as payment_value,

        ---------- loads
        orders._firn_loaded_at as order_loaded_at,
        items.items_loaded_at,
        payments.payments_loaded_at

    from orders

    left join customers on orders.customer_id = customers.customer_id

    left join items on orders.order_id = items.order_id

    left join payments on orders.order_id = payments.order_id

),

measured as (

    select
        *,

        items_value + freight_value as order_total,

        case when is_delivered then datediff('day', purchased_at, delivered_at) end as delivery_days,
        datediff('day', purchased_at, estimated_delivery_at) as promised_days,

        -- a day is promised, not an hour: on that day is in time
        case when is_delivered then cast(delivered_at as date) > cast(estimated_delivery_at as date) end as is_late,
        case
            when is_delivered then greatest(datediff('day', estimated_delivery_at, delivered_at), 0)
        end as days_late

    from enriched

)

select * from measured
