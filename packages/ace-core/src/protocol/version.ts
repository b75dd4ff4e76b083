/** Version of the wire protocol. A coordinator and a site speak with each other only if it is equal. */
export const PROTOCOL_VERSION = 1;
