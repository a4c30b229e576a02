/** SQL: when the hour of the parameter `since` (milliseconds since the epoch) begins. By UTC, as sums are kept: a server may be in a time zone of half hours. */
export const SINCE_HOUR = `toStartOfHour(fromUnixTimestamp64Milli({since:Int64}, 'UTC'))`;
