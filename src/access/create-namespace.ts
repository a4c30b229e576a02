import { v7 as uuidv7 } from 'uuid';
import type { Clock } from '../shared/clock.ts';
import { ValidationError } from '../shared/errors.ts';
import { defaultNamespace } from './authenticate.ts';
import { isNamespaceName, type Namespace } from './caller.ts';
import type { NamespaceStore } from './namespace-store.ts';

/** @throws ValidationError INVALID_NAMESPACE_NAME, ConflictError NAMESPACE_TAKEN */
export async function createNamespace(
  { namespaces, clock }: { namespaces: NamespaceStore; clock: Clock },
  name: string,
): Promise<Namespace> {
  if (!isNamespaceName(name)) {
    throw new ValidationError(
      'name must have 1 to 63 lower-case letters, digits and hyphens, and start with a letter or digit.',
      'INVALID_NAMESPACE_NAME',
      ['input', 'name'],
    );
  }
  const namespace = { id: uuidv7({ msecs: clock.now() }), name };
  await namespaces.create(namespace);
  return namespace;
}

/** The namespace of requests that name none; made at the first start. */
export function ensureDefaultNamespace({
  namespaces,
  clock,
}: {
  namespaces: NamespaceStore;
  clock: Clock;
}): Promise<Namespace> {
  return namespaces.ensure({ id: uuidv7({ msecs: clock.now() }), name: defaultNamespace });
}
