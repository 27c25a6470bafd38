import { keepPreviousData } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/client';
import { Pick, type Picked } from './Pick';

const OFFERED = 25;

interface PickServerProps {
  label: string;
  /** The label is for screen readers alone. */
  hideLabel?: boolean;
  /** The server's id. */
  value: string | undefined;
  onChange: (id: string | undefined) => void;
  /** What no server stands for. */
  placeholder?: string;
  help?: string | undefined;
  problem?: string | undefined;
  isDisabled?: boolean;
}

/** One of the servers, found by a part of its name. An empty field is none. */
export function PickServer({ value, placeholder = 'All servers', ...rest }: PickServerProps) {
  const [text, setText] = useState('');
  const chosen = api.useQuery(
    'get',
    '/api/servers/{id}',
    { params: { path: { id: value ?? '' } } },
    { enabled: value !== undefined },
  ).data;
  // The name of the chosen one is no search.
  const search = text === chosen?.name ? '' : text;
  const query = { limit: OFFERED, sortBy: 'name', sortOrder: 'asc', ...(search && { search }) } as const;
  const { data } = api.useQuery('get', '/api/servers', { params: { query } }, { placeholderData: keepPreviousData });
  const offered: Picked[] = (data?.servers ?? []).map(({ id, name, description }) => ({ id, name, help: description }));
  return <Pick {...rest} value={value} chosen={chosen} offered={offered} placeholder={placeholder} onType={setText} />;
}
