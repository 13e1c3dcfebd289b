/** Node's crypto, loaded when it is first asked for: that takes a tenth of what the quickest commands take. */
export const crypto = () => process.getBuiltinModule('node:crypto')
