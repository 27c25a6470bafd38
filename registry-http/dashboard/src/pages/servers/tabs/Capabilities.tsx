import type { ReactNode } from 'react';
import { kept } from '@/api/kept';
import type { Capability, CapabilityList } from '@/api/schema';
import { Pages } from '@/ui/Pages';
import { Search } from '@/ui/Search';
import { EmptyState, ErrorState, Skeleton } from '@/ui/States';
import type { ListPlace } from './list';

interface CapabilitiesProps {
  list: { data?: CapabilityList | undefined; error: unknown; refetch: () => unknown };
  /** "tools" */
  noun: string;
  /** For screen readers, where no other heading stands above. */
  heading?: string;
  place: ListPlace;
  children: (item: Capability) => ReactNode;
}

/** What a server lists. */
export function Capabilities({ list, noun, heading, place, children }: CapabilitiesProps) {
  const { data, error, refetch } = kept(list);
  const { search, onSearch, onPage } = place;
  if (error) return <ErrorState error={error} onRetry={refetch} />;
  if (!data) return <Skeleton lines={4} className="h-16" />;
  const { items, known, leftOut, pagination } = data;
  if (items.length === 0) return <None noun={noun} isKnown={known} />;
  const found = items.filter((item) => isMeant(item, search.toLowerCase()));
  return (
    <div className="flex flex-col gap-3">
      {heading && <h2 className="sr-only">{heading}</h2>}
      <Search label={`Search ${noun}`} value={search} onSearch={onSearch} />
      {found.length === 0 && <p className="text-quiet">None of these {noun} has this text.</p>}
      <ul className="flex flex-col gap-2">{found.map(children)}</ul>
      {leftOut > 0 && (
        <p className="text-sm text-quiet">The server lists {leftOut} more, which is more than is kept here.</p>
      )}
      <Pages pagination={pagination} noun={noun} onPage={onPage} />
    </div>
  );
}

function None({ noun, isKnown }: { noun: string; isKnown: boolean }) {
  return isKnown ? (
    <EmptyState icon="server" title={`It has no ${noun}`}>
      So the server said when it was last looked at in depth.
    </EmptyState>
  ) : (
    <EmptyState icon="server" title={`Its ${noun} are not known yet`}>
      A check in depth asks for them: it is in the menu of the server.
    </EmptyState>
  );
}

function isMeant({ name, title = '', description = '' }: Capability, search: string): boolean {
  return [name, title, description].some((text) => text.toLowerCase().includes(search));
}
