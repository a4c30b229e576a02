import { Client, fetchExchange } from 'urql';
import { sentenceOf } from '../api/outcome.ts';
import { sessionHeaders, type Session } from '../api/session.ts';
import { SignInDocument } from '../gql/graphql.ts';

/** Asks for what takes the scope ADMIN. @returns why the key does not do; null where it does */
export async function checkKey(session: Session): Promise<string | null> {
  const client = new Client({
    url: '/graphql',
    preferGetMethod: false,
    fetchOptions: { headers: sessionHeaders(session) },
    exchanges: [fetchExchange],
  });
  const { error } = await client.query(SignInDocument, {}).toPromise();
  if (error === undefined) return null;
  const codes = error.graphQLErrors.map(({ extensions }) => extensions['code']);
  if (codes.includes('UNAUTHENTICATED')) return 'The server does not know this key. Check that all of it was copied.';
  if (codes.includes('FORBIDDEN')) return 'This key may not see the console: it takes one with the scope ADMIN.';
  return sentenceOf(error);
}
