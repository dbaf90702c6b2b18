/**
 * Names, needs and resources of the gates that every promotion needs, to paper and to live. Data only: `platform/` renders
 * one Job per row.
 */
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
 * Gates that are run by name and that no promotion waits for. Minutes long: ssd-vs-lstm. As much about this machine as about
 * the candidate: ssd-latency. About market, features and code, which change less often than policies: scaling, psi,
 * invariants and backfill; each plays up to an hour of the market, which a first promotion within a minute has no time for.
 */
export const furtherGates = [
  { name: 'ssd-latency', needs: ['policy'], cpu: 1, memoryMi: 512, timeoutSeconds: 120 },
  { name: 'ssd-vs-lstm', needs: ['policy'], cpu: 1, memoryMi: 512, timeoutSeconds: 900 },
  { name: 'scaling', needs: ['policy', 'market'], cpu: 1, memoryMi: 512, timeoutSeconds: 120 },
  { name: 'psi', needs: ['policy', 'market'], cpu: 1, memoryMi: 512, timeoutSeconds: 120 },
  { name: 'invariants', needs: ['market'], cpu: 1, memoryMi: 768, timeoutSeconds: 180 },
  { name: 'backfill', needs: ['market'], cpu: 1, memoryMi: 512, timeoutSeconds: 120 },
] as const;

export type GateName = (typeof gateCatalog | typeof furtherGates)[number]['name'];
