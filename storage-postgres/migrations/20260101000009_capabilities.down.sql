DROP TABLE capability_change, capability, capability_list;
