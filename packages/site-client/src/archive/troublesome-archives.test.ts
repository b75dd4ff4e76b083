import assert from "node:assert/strict";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { FREESURFER_LABELS, labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import { smallImage, smallLabels, writeCase, writeVolume } from "./archive.test.helper.js";
import { loadArchive } from "./cases.js";
import { checkArchive } from "./check.js";
import type { CheckReport } from "./check.js";
import { inFolder } from "./nifti/crafted.test.helper.js";
import { renderCheck } from "./render-check.js";

/** An archive of two good cases and what `spoil` makes of it; what `check` says of it. */
async function checked(spoil: (dir: string) => Promise<void>, use: (report: CheckReport) => void): Promise<void> {
  await inFolder(async (dir) => {
    for (const name of ["sub-01", "sub-02"]) await writeCase(dir, name);
    await spoil(dir);
    use(await checkArchive(dir));
  });
}

const reasons = ({ skipped }: CheckReport): string[] =>
  skipped.map(({ name, code, reason }) => `${name} ${code} ${reason}`);
const names = ({ usable }: CheckReport): string[] => usable.map(({ name }) => name);

test("a subject without an image, empty or of macOS's files alone, is listed with its reason; the others go on", async () => {
  const spoilers: ((dir: string) => Promise<void>)[] = [
    async (dir) => {
      await mkdir(join(dir, "sub-03/anat"), { recursive: true });
    },
    async (dir) => {
      await mkdir(join(dir, "sub-03/anat"), { recursive: true });
      for (const kind of ["T1w", "FLAIR"])
        await writeFile(join(dir, `sub-03/anat/._sub-03_${kind}.nii.gz`), "Mac OS X");
    },
  ];
  for (const spoil of spoilers) {
    await checked(spoil, (report) => {
      assert.deepEqual(names(report), ["sub-01", "sub-02"]);
      assert.match(
        reasons(report).join(),
        /^sub-03 CASE_MODALITY_MISSING sub-03 has no T1w image; it has no images under anat/,
      );
      assert.deepEqual(report.inputs, ["T1w", "FLAIR"]);
    });
  }
});

test("no image in more than half of the folders is a report with reasons, not a crash", async () => {
  await inFolder(async (dir) => {
    for (let i = 1; i <= 3; i++) await mkdir(join(dir, `sub-0${i}/anat`), { recursive: true });
    const report = await checkArchive(dir);
    assert.equal(report.usable.length, 0);
    assert.equal(report.skipped.length, 3);
    for (const { code } of report.skipped) assert.equal(code, "CASE_MODALITY_MISSING");
  });
});

test("extensions count in any case", async () => {
  await checked(
    async (dir) => {
      for (const kind of ["T1w", "FLAIR"])
        await rename(join(dir, `sub-02/anat/sub-02_${kind}.nii.gz`), join(dir, `sub-02/anat/sub-02_${kind}.NII.GZ`));
    },
    (report) => {
      assert.deepEqual([names(report), report.strays], [["sub-01", "sub-02"], []]);
    },
  );
});

test("a case that cannot be read does not decide for the others; a link of git-annex to nothing says what fetches it", async () => {
  await checked(
    async (dir) => {
      await rm(join(dir, "sub-02/anat/sub-02_T1w.nii.gz"));
      await symlink(
        "../../.git/annex/objects/Zz/xk/MD5E-s9--0.nii.gz/MD5E-s9--0.nii.gz",
        join(dir, "sub-02/anat/sub-02_T1w.nii.gz"),
      );
      await rm(join(dir, "sub-02/anat/sub-02_FLAIR.nii.gz"));
    },
    (report) => {
      assert.deepEqual([report.inputs, names(report)], [["T1w", "FLAIR"], ["sub-01"]]);
      assert.match(reasons(report).join(), /^sub-02 FILE_POINTER .*git-annex/);
      assert.match(report.skipped[0]?.remedy ?? "", /git annex get sub-02\/anat\/sub-02_T1w\.nii\.gz/);
    },
  );
});

test("pointers that were committed in place of an image are told from damage, git-annex's and LFS's", async () => {
  const lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 123\n";
  for (const [text, says] of [
    ["/annex/objects/MD5E-s123--0123456789abcdef.nii.gz\n", /git annex get/],
    [lfs, /git lfs pull/],
  ] as const) {
    await checked(
      (dir) => writeFile(join(dir, "sub-02/anat/sub-02_T1w.nii.gz"), text),
      ({ skipped: [only] }) => {
        assert.equal(only?.code, "FILE_POINTER");
        assert.match(only.remedy, says);
      },
    );
  }
});

test("what is left out of the inputs, and each file that is not recognised, is named", async () => {
  await checked(
    async (dir) => {
      await writeCase(dir, "sub-03");
      await writeVolume(dir, "sub-01/anat/sub-01_T2w.nii.gz", smallImage(4));
      await rename(join(dir, "sub-02/anat/sub-02_T1w.nii.gz"), join(dir, "sub-02/anat/sub-02_t1w.nii.gz"));
      await writeFile(join(dir, "sub-01/anat/sub-01_T1w.mgz"), "");
      await writeFile(join(dir, "sub-01/anat/scan.nii.gz"), "");
    },
    (report) => {
      assert.deepEqual(report.inputs, ["T1w", "FLAIR"]);
      assert.ok(report.leftOut.some(({ suffix }) => suffix === "T2w"));
      const strays = report.strays.map(({ name, why }) => `${name} ${why}`).join("; ");
      for (const says of [
        /sub-02_t1w\.nii\.gz ends with _t1w; the suffix is written _T1w/,
        /sub-01_T1w\.mgz is of a format/,
        /scan\.nii\.gz has no suffix/,
      ])
        assert.match(strays, says);
      assert.match(reasons(report).join(), /sub-02 CASE_MODALITY_MISSING/);
      const text = renderCheck(report);
      for (const says of [/T2w/, /Files that are not used/, /sub-01_T1w\.mgz/]) assert.match(text, says);
    },
  );
});

test("labels beside the images are found", async () => {
  await checked(
    async (dir) => {
      await rm(join(dir, "derivatives"), { recursive: true });
      for (const name of ["sub-01", "sub-02"])
        await writeVolume(dir, `${name}/anat/${name}_dseg.nii.gz`, smallLabels([0, 1]));
    },
    (report) => {
      assert.deepEqual(names(report), ["sub-01", "sub-02"]);
    },
  );
});

test("the table of label names is read with a byte order mark, commas or semicolons, and quotes", async () => {
  for (const text of [
    "\uFEFFindex\tname\n1\tlesion\n",
    "index,name\r\n1,lesion\r\n",
    '\uFEFF"index";"name"\n1;"lesion"\n',
  ]) {
    await checked(
      (dir) => writeFile(join(dir, "derivatives/labels/dseg.tsv"), text),
      (report) => {
        assert.equal(report.labels[0]?.name, "lesion", JSON.stringify(text));
      },
    );
  }
});

test("FreeSurfer's values are known by their preset, which merges them into tissue", async () => {
  await inFolder(async (dir) => {
    await writeCase(dir, "sub-01", [0, 2, 3, 4, 24, 41, 42, 10, 77]);
    const report = await checkArchive(dir);
    assert.equal(report.labelMap.fits, "freesurfer");
    const labelMap = resolveLabelMap(FREESURFER_LABELS, labelSpace(["background", "CSF", "GM", "WM"]));
    const { cases } = await loadArchive(dir, { inputs: ["T1w"], spacing: [2, 2, 2], labelMap });
    assert.equal(cases.length, 1);
  });
});
