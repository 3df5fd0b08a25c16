{% set payment_types = ['credit_card', 'boleto', 'voucher', 'debit_card', 'not_defined'] %}

with

payments as (

    select * from {{ ref('stg_order_payments') }}

),

pivoted as (

    select
        order_id,
        count(*) as payment_count,
        cast(max(payment_installments) as number(9, 0)) as payment_installments,

        {% for payment_type in payment_types -%}
        cast(
            sum(case when payment_type = '{{ payment_type }}' then payment_value else 0 end) as number(18, 2)
        ) as {{ payment_type }}_value,
        {% endfor -%}

        cast(sum(payment_value) as number(18, 2)) as payment_value,

        max(_firn_loaded_at) as payments_loaded_at

    from payments

    group by order_id

)

select * from pivoted
