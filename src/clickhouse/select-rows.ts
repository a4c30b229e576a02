import type { Warehouse } from './warehouse.ts';
import { explainFailure } from './warehouse-error.ts';

/**
 * The rows of a query with `{name:Type}` parameters. 64-bit integers arrive as strings.
 * @throws WarehouseAwayError, ClickHouseError
 */
export async function selectRows<Row>(
  { client }: Warehouse,
  query: string,
  params: Record<string, unknown>,
): Promise<Row[]> {
  try {
    const result = await client.query({ query, query_params: params, format: 'JSONEachRow' });
    return await result.json<Row>();
  } catch (error) {
    throw explainFailure(error);
  }
}
