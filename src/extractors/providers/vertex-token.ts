import { z } from 'zod';

const METADATA_PATH = '/computeMetadata/v1/instance/service-accounts/default/token';
const TIMEOUT_MS = 3_000;
/** A token is renewed so long before it expires. */
const MARGIN_MS = 60_000;

const tokenForm = z.object({ access_token: z.string().min(1), expires_in: z.number() });

/**
 * Access tokens of the service account that the machine runs as, from Google's metadata server; kept until shortly before
 * they expire. Source: Google Cloud, Compute Engine, "Access tokens of the default service account".
 * @param host of the metadata server, which GCE_METADATA_HOST can name
 */
export function metadataTokens(host: string, now: () => number): () => Promise<string> {
  let known: { token: string; until: number } | null = null;
  return async () => {
    if (known !== null && now() < known.until) return known.token;
    const response = await fetch(`http://${host}${METADATA_PATH}`, {
      headers: { 'metadata-flavor': 'Google' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`the metadata server answered ${response.status}`);
    const { access_token: token, expires_in: seconds } = tokenForm.parse(await response.json());
    known = { token, until: now() + seconds * 1_000 - MARGIN_MS };
    return token;
  };
}
