/** A package of others that has no declarations: as much as tests use. */
type DocumentTest = (document: unknown) => unknown

declare module '@secvisogram/csaf-validator-lib/validate.js' {
  export interface Judgement {
    readonly isValid: boolean
    readonly tests: readonly { readonly name: string; readonly isValid: boolean; readonly errors: readonly unknown[] }[]
  }
  const validate: (tests: readonly DocumentTest[], document: unknown) => Promise<Judgement>
  export default validate
}

declare module '@secvisogram/csaf-validator-lib/schemaTests.js' {
  export const csaf_2_0_strict: DocumentTest
}

declare module '@secvisogram/csaf-validator-lib/mandatoryTests.js' {
  export const mandatoryTest_6_1_1: DocumentTest
}
