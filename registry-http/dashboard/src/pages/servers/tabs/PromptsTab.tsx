import { api } from '@/api/client';
import type { Capability, Server } from '@/api/schema';
import { Capabilities } from './Capabilities';
import { useListPlace } from './list';

const MOST = 100;

/** The prompts that the server offers. */
export default function PromptsTab({ server }: { server: Server }) {
  const place = useListPlace();
  const params = { path: { id: server.id }, query: { page: place.page, limit: MOST } };
  const list = api.useQuery('get', '/api/servers/{id}/prompts', { params });
  return (
    <Capabilities list={list} noun="prompts" heading="Prompts" place={place}>
      {(item) => <Prompt key={item.name} item={item} />}
    </Capabilities>
  );
}

function Prompt({ item: { name, title, description, definition } }: { item: Capability }) {
  const given = argumentsOf(definition['arguments']);
  return (
    <li className="card flex flex-col gap-2 p-4">
      <div>
        <h3 className="font-mono font-semibold break-all">{name}</h3>
        {title && title !== name && <p className="text-sm text-quiet">{title}</p>}
      </div>
      {description && <p className="whitespace-pre-line">{description}</p>}
      {given.length > 0 && (
        <dl className="flex flex-col gap-1 text-sm">
          {given.map((argument) => (
            <div key={argument.name} className="flex flex-wrap gap-x-2">
              <dt className="font-mono">{argument.name}</dt>
              <dd className="text-quiet">
                {argument.isRequired ? 'needed' : 'optional'}
                {argument.description && `: ${argument.description}`}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}

interface Argument {
  name: string;
  description: string;
  isRequired: boolean;
}

/** What the server says of a prompt's arguments, as far as it makes sense. */
function argumentsOf(given: unknown): Argument[] {
  if (!Array.isArray(given)) return [];
  return given.flatMap((one: unknown) => {
    const { name, description, required } = (one ?? {}) as Record<string, unknown>;
    if (typeof name !== 'string') return [];
    return [{ name, description: typeof description === 'string' ? description : '', isRequired: required === true }];
  });
}
