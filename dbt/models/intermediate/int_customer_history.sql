with

customers as (

    select * from {{ ref('stg_customers') }}

),

orders as (

    select * from {{ ref('stg_orders') }}

),

payments as (

    select * from {{ ref('int_order_payments_pivoted') }}

),

history as (

    select
        customers.customer_unique_id,
        count(orders.order_id) as order_count,
        count(case when orders.order_status = 'delivered' then orders.order_id end) as delivered_order_count,
        min(orders.purchased_at) as first_ordered_at,
        max(orders.purchased_at) as latest_ordered_at,
        cast(coalesce(sum(payments.payment_value), 0) as number(18, 2)) as lifetime_payment_value

    from customers

    left join orders on customers.customer_id = orders.customer_id

    left join payments on orders.order_id = payments.order_id

    group by customers.customer_unique_id

),

latest_addresses as (

    select
        customers.customer_unique_id,
        customers.zip_code_prefix,
        customers.city,
        customers.state

    from customers

    left join orders on customers.customer_id = orders.customer_id

    qualify row_number() over (
        partition by customers.customer_unique_id
        order by orders.purchased_at desc nulls last, customers.customer_id
    ) = 1

),

joined as (

    select
        history.*,
        latest_addresses.zip_code_prefix,
        latest_addresses.city,
        latest_addresses.state

    from history

    inner join latest_addresses on history.customer_unique_id = latest_addresses.customer_unique_id

)

select * from joined
