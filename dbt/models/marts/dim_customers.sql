with

customers as (

    select * from {{ ref('int_customer_history') }}

),

locations as (

    select * from {{ ref('int_zip_code_locations') }}

),

joined as (

    select
        customers.customer_unique_id,

        ---------- where, as of the latest order
        customers.zip_code_prefix,
        customers.city,
        customers.state,
        locations.latitude,
        locations.longitude,

        ---------- what so far
        customers.first_ordered_at,
        customers.latest_ordered_at,
        customers.order_count,
        customers.delivered_order_count,
        customers.order_count > 1 as is_repeat_customer,
        customers.lifetime_payment_value

    from customers

    left join locations on customers.zip_code_prefix = locations.zip_code_prefix

)

select * from joined
