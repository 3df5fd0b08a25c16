with

orders as (

    select
        cast(date_trunc('month', purchased_at) as date) as sales_month,
        count(*) as order_count,
        sum(case when is_sale then order_total else 0 end) as sales_value,
        sum(case when is_sale then payment_value else 0 end) as payment_value

    from {{ ref('fct_orders') }}

    group by cast(date_trunc('month', purchased_at) as date)

)

select
    coalesce(orders.sales_month, monthly.sales_month) as sales_month,
    orders.sales_value as sales_value_of_orders,
    monthly.sales_value

from orders

full outer join {{ ref('mart_monthly_sales') }} as monthly on orders.sales_month = monthly.sales_month

where
    orders.order_count is distinct from monthly.order_count
    or orders.sales_value is distinct from monthly.sales_value
    or orders.payment_value is distinct from monthly.payment_value
    or monthly.sales_value is distinct from monthly.items_value + monthly.freight_value
