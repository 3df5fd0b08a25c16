with

orders as (

    select
        count(case when is_delivered then order_id end) as delivered_order_count,
        count(case when is_late then order_id end) as late_order_count

    from {{ ref('fct_orders') }}

),

performance as (

    select
        coalesce(sum(delivered_order_count), 0) as delivered_order_count,
        coalesce(sum(late_order_count), 0) as late_order_count,
        count(case when late_share < 0 or late_share > 1 then 1 end) as impossible_shares,
        count(case when average_review_score < 1 or average_review_score > 5 then 1 end) as impossible_scores

    from {{ ref('mart_delivery_performance') }}

)

select
    orders.delivered_order_count,
    orders.late_order_count,
    performance.delivered_order_count as delivered_in_mart,
    performance.late_order_count as late_in_mart

from orders

cross join performance

where
    orders.delivered_order_count != performance.delivered_order_count
    or orders.late_order_count != performance.late_order_count
    or performance.impossible_shares > 0
    or performance.impossible_scores > 0
