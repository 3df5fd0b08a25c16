with

payments as (

    select
        order_id,
        sum(payment_value) as payment_value

    from {{ ref('stg_order_payments') }}

    group by order_id

)

select
    orders.order_id,
    orders.payment_value,
    payments.payment_value as payments_total

from {{ ref('fct_orders') }} as orders

left join payments on orders.order_id = payments.order_id

where
    orders.payment_value != coalesce(payments.payment_value, 0)
    or orders.payment_value
    != credit_card_value + boleto_value + voucher_value + debit_card_value + not_defined_value
