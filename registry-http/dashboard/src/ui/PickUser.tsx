import { keepPreviousData } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/client';
import { Pick, type Picked } from './Pick';

const OFFERED = 25;

interface PickUserProps {
  label: string;
  /** The label is for screen readers alone. */
  hideLabel?: boolean;
  /** The user's id. */
  value: string | undefined;
  onChange: (id: string | undefined) => void;
  /** What no user stands for. */
  placeholder: string;
  help?: string | undefined;
  problem?: string | undefined;
}

/** One of the users, found by a part of the name. An empty field is none. For who sees users. */
export function PickUser({ value, ...rest }: PickUserProps) {
  const [text, setText] = useState('');
  const user = api.useQuery(
    'get',
    '/api/users/{id}',
    { params: { path: { id: value ?? '' } } },
    { enabled: value !== undefined },
  ).data;
  const search = text === user?.username ? '' : text;
  const query = { limit: OFFERED, ...(search && { search }) };
  const { data } = api.useQuery('get', '/api/users', { params: { query } }, { placeholderData: keepPreviousData });
  const offered: Picked[] = (data?.users ?? []).map(({ id, username, displayName }) => ({
    id,
    name: username,
    help: displayName,
  }));
  const chosen = user && { id: user.id, name: user.username };
  return <Pick {...rest} value={value} chosen={chosen} offered={offered} onType={setText} />;
}
