import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

/** Which part of a list is shown. */
export interface ListPlace {
  page: number;
  search: string;
  onPage: (page: number) => void;
  onSearch: (text: string) => void;
}

/** Page and search of the list of a tab, as the address has them. */
export function useListPlace(): ListPlace {
  const { page = 1, search = '' } = useSearch({ from: '/servers/$serverId' });
  const navigate = useNavigate({ from: '/servers/$serverId' });
  const onPage = useCallback(
    (next: number) => void navigate({ search: (now) => ({ ...now, page: next, search: undefined }) }),
    [navigate],
  );
  const onSearch = useCallback(
    (text: string) =>
      void navigate({
        search: (now) => ({ ...now, search: text || undefined }),
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
  return { page, search, onPage, onSearch };
}
