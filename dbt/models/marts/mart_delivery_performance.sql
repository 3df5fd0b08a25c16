with

orders as (

    select * from {{ ref('fct_orders') }}

    where is_delivered

),

-- one score an order, lest an order with two reviews counts twice
reviews as (

    select
        order_id,
        avg(review_score) as review_score

    from {{ ref('stg_order_reviews') }}

    group by order_id

),

performance as (

    select
        cast(date_trunc('month', orders.purchased_at) as date) as purchase_month,
        coalesce(orders.customer_state, 'unknown') as customer_state,

        count(*) as delivered_order_count,
        count(case when orders.is_late then orders.order_id end) as late_order_count,
        cast(count(case when orders.is_late then orders.order_id end) / count(*) as number(5, 4)) as late_share,
        cast(avg(orders.delivery_days) as number(9, 2)) as average_delivery_days,
        cast(avg(orders.promised_days) as number(9, 2)) as average_promised_days,
        max(orders.days_late) as most_days_late,

        count(reviews.order_id) as reviewed_order_count,
        cast(avg(reviews.review_score) as number(4, 2)) as average_review_score

    from orders

    left join reviews on orders.order_id = reviews.order_id

    group by
        cast(date_trunc('month', orders.purchased_at) as date),
        coalesce(orders.customer_state, 'unknown')

)

select * from performance
