"""test_log_code.py - code is kept with its run."""

from __future__ import annotations

from tests.python.support import files_of, read_run


def test_code_below_a_folder_is_an_artifact(scripts):
    for name in ("train.py", "lib/model.py", "requirements.txt", "data.bin", "wandb/run-x/old.py"):
        (scripts.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (scripts.folder / name).write_text(name)
    output = scripts.run("""
        import barograph
        with barograph.init(project="p", id="c") as run:
            artifact = run.log_code(".").wait()
            print(artifact.type, sorted(artifact.manifest.entries))
            print(run.log_code("lib", name="none", include_fn=lambda path: False))
        """)
    assert output.splitlines() == ["code ['lib/model.py', 'requirements.txt', 'train.py']", "None"]


def test_the_script_is_kept_when_it_is_asked_for(scripts, user):
    (scripts.folder / "train.py").write_text("import barograph\nbarograph.init(project='p', id='s', save_code=True).finish()\n")
    scripts.run("import subprocess, sys; subprocess.run([sys.executable, 'train.py'], check=True)")
    assert "code/train.py" in files_of(read_run(user, "p", "s"))
