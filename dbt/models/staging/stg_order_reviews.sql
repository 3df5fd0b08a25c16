with

source as (

    select * from {{ source('raw', 'order_reviews') }}
    -- rows that were found gone from MySQL are marked, under "deletes": "soft"
    where _firn_deleted_at is null

),

renamed as (

    select

        ---------- ids
        review_id,
        order_id,

        ---------- what was said
        review_score,
        review_comment_title,
        review_comment_message,

        ---------- moments
        review_creation_date as survey_sent_at,
        review_answer_timestamp as answered_at,
        updated_at,

        ---------- loads
        _firn_run_id,
        _firn_loaded_at

    from source

)

select * from renamed
