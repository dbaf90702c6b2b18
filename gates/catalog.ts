/** Names, needs and resources of every gate. Data only: `platform/` renders one Job per row. */
export const gateCatalog = [
  { name: 'causality', needs: ['policy'], cpu: 1, memoryMi: 512, timeoutSeconds: 120 },
  { name: 'book-integrity', needs: ['market'], cpu: 1, memoryMi: 512, timeoutSeconds: 120 },
  { name: 'ssd-consistency', needs: ['policy'], cpu: 1, memoryMi: 512, timeoutSeconds: 120 },
  { name: 'edge', needs: ['policy', 'market'], cpu: 2, memoryMi: 1024, timeoutSeconds: 600 },
  { name: 'planner-sla', needs: ['policy', 'market'], cpu: 1, memoryMi: 512, timeoutSeconds: 120 },
  { name: 'regret', needs: ['policy', 'market'], cpu: 1, memoryMi: 512, timeoutSeconds: 300 },
  { name: 'replay-smoke', needs: ['policy', 'market'], cpu: 1, memoryMi: 512, timeoutSeconds: 120 },
] as const;

export type GateName = (typeof gateCatalog)[number]['name'];
