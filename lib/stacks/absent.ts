/**
 * Stands in, when bundling, for packages that no bundle of ours calls: the parts of snowflake-sdk that only accounts
 * on Azure and Google Cloud reach. Without them a cold start is 40 to 75 ms shorter.
 */
export default {}
