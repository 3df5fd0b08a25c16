-- a table: a million rows become some thousands, which two dimensions join
{{ config(materialized='table') }}

with

geolocation as (

    select * from {{ ref('stg_geolocation') }}

),

located as (

    select
        zip_code_prefix,
        -- the median: a few points of the source lie on other continents
        cast(median(latitude) as number(9, 6)) as latitude,
        cast(median(longitude) as number(9, 6)) as longitude

    from geolocation

    group by zip_code_prefix

)

select * from located
