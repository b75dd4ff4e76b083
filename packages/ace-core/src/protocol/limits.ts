/**
 * Every bound of the wire, with its reason. Both sides enforce what they receive.
 */
export const LIMITS = {
  /** Largest payload of one chunk, bytes. socket.io closes connections at messages over its limit, 1 MB by default. */
  chunkBytes: 1024 * 1024,
  /** Largest socket.io message, bytes: a chunk and its envelope. */
  messageBytes: 1024 * 1024 + 64 * 1024,
  /** Chunks in flight without an acknowledgement; bounds what a receiver may have to hold. */
  chunkWindow: 4,
  /** Largest update or model, bytes: 4 GiB holds a thousand million weights. */
  updateBytes: 4 * 1024 ** 3,
  /** Largest safetensors header, bytes: 10 000 tensors' names and shapes fit. */
  headerBytes: 1024 * 1024,
  /** Largest HTTP request body, bytes: an enrolment is under 2 KiB. */
  requestBytes: 16 * 1024,
  /** Largest token, characters. */
  tokenCharacters: 4096,
  /** Packets a site may send within {@link LIMITS.messageWindowMs}, else it is cut; a fast upload sends some hundred a second. */
  messages: 20_000,
  messageWindowMs: 10_000,
  /** Connections held at once, from all sites; each site needs one. */
  connections: 1024,
  /** How long a token is valid after it was made, seconds. */
  tokenLifetimeSeconds: 60,
  /** Largest difference of the clocks of site and coordinator, seconds: five minutes, as Kerberos (RFC 4120) has it. */
  clockSkewSeconds: 300,
  /** How long the other side may take to acknowledge a message, milliseconds. */
  ackTimeoutMs: 30_000,
  /** Most cases of one site: the largest archives of brain MRI there are have some 100 000. Cases weigh the average. */
  cases: 100_000,
  /** Most combinations of images that a site tells apart: archives have one to three. */
  combinations: 16,
  /** Most voxels of one prepared case: 512³ are a whole head at half a millimetre. */
  caseVoxels: 512 ** 3,
  /** Upper bound on the absolute value of a declared loss; anything larger is refused as nonsense. */
  lossMagnitude: 1e6,
} as const;
