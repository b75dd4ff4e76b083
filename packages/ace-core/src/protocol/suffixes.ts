/**
 * Image suffixes that the BIDS standard defines for anatomical MRI (BIDS 1.10, Magnetic Resonance Imaging). A suffix
 * is a part of a file name, so one outside this list is not sent: it could be anything, a patient's name too.
 */
export const BIDS_SUFFIXES: readonly string[] = [
  ["T1w", "T2w", "PDw", "T2starw", "FLAIR", "inplaneT1", "inplaneT2", "PDT2", "angio", "T2star", "FLASH", "PD"],
  ["T1map", "T2map", "T2starmap", "R1map", "R2map", "R2starmap", "PDmap", "MTRmap", "MTsat", "UNIT1", "T1rho"],
  ["MWFmap", "MTVmap", "Chimap", "S0map", "M0map", "MESE", "MEGRE", "VFA", "IRT1", "MP2RAGE", "MPM", "MTS", "MTR"],
].flat();
