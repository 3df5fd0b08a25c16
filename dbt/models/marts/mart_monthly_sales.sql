with

orders as (

    select * from {{ ref('fct_orders') }}

),

-- sums only, no averages of money: a quotient of reais is for the reader to round
monthly as (

    select
        cast(date_trunc('month', purchased_at) as date) as sales_month,

        ---------- orders
        count(*) as order_count,
        count(case when is_sale then order_id end) as sold_order_count,
        count(case when not is_sale then order_id end) as canceled_order_count,
        count(case when is_delivered then order_id end) as delivered_order_count,
        count(distinct case when is_sale then customer_unique_id end) as customer_count,

        ---------- of those that were sold
        sum(case when is_sale then item_count else 0 end) as item_count,
        cast(sum(case when is_sale then items_value else 0 end) as number(18, 2)) as items_value,
        cast(sum(case when is_sale then freight_value else 0 end) as number(18, 2)) as freight_value,
        cast(sum(case when is_sale then order_total else 0 end) as number(18, 2)) as sales_value,
        cast(sum(case when is_sale then payment_value else 0 end) as number(18, 2)) as payment_value

    from orders

    group by cast(date_trunc('month', purchased_at) as date)

)

select * from monthly
