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

/**
 * Gates that are run by name and that no promotion waits for: one takes minutes, the other is about this machine as much as
 * about the candidate.
 */
export const furtherGates = [
  { name: 'ssd-latency', needs: ['policy'], cpu: 1, memoryMi: 512, timeoutSeconds: 120 },
  { name: 'ssd-vs-lstm', needs: ['policy'], cpu: 1, memoryMi: 512, timeoutSeconds: 900 },
] as const;

export type GateName = (typeof gateCatalog | typeof furtherGates)[number]['name'];
