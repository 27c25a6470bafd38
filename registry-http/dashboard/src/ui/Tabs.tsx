import { type ReactNode, useEffect, useRef } from 'react';
import { Tab, TabList, TabPanel, Tabs as AriaTabs } from 'react-aria-components/Tabs';

export interface TabContent<K extends string> {
  id: K;
  name: string;
  content: () => ReactNode;
}

/** Parts of a page of which one is shown. Which one is part of the address. */
export function Tabs<K extends string>({
  label,
  tabs,
  selected,
  onSelect,
}: {
  label: string;
  tabs: readonly TabContent<K>[];
  selected: K;
  onSelect: (id: K) => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  // On a phone there is no room for all of them.
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [selected]);
  return (
    <AriaTabs
      selectedKey={selected}
      onSelectionChange={(key) => onSelect(key as K)}
      className="flex flex-col gap-4 outline-none"
    >
      <TabList ref={list} aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line">
        {tabs.map(({ id, name }) => (
          <Tab
            key={id}
            id={id}
            className="-mb-px cursor-pointer border-b-2 border-transparent px-3 py-2 font-medium whitespace-nowrap text-quiet hover:text-text selected:border-accent selected:text-accent"
          >
            {name}
          </Tab>
        ))}
      </TabList>
      {tabs.map(({ id, content }) => (
        <TabPanel key={id} id={id} className="flex flex-col gap-5 outline-none">
          {content()}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
