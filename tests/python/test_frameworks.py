"""test_frameworks.py - what stands on torch, Lightning's WandbLogger and others as they come, beside the official client.

They run on Debian's torch, like test_watch.py; tests/official/setup.sh makes the environment, and without that torch
there is none and these tests are left out.
"""

from __future__ import annotations

import pytest

from tests.python.peers import comparable

LIGHTNING = """
import logging, sys, warnings
warnings.filterwarnings("ignore")
logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
import torch
torch.__version__ = "1.13.0"  # Debian's calls itself an early one,
torch.distributed.is_available = lambda: False  # and its distributed half is older than Python 3.11
import pytorch_lightning as lightning
from pytorch_lightning.callbacks import LearningRateMonitor, ModelCheckpoint
from pytorch_lightning.loggers import WandbLogger

class Line(lightning.LightningModule):
    def __init__(self, rate=0.1, width=3):
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(width, 1)

    def training_step(self, batch, index):
        loss = self.layer(batch[0]).pow(2).mean()
        self.log("train/loss", loss)
        return loss

    def validation_step(self, batch, index):
        self.log("val/loss", self.layer(batch[0]).abs().mean())

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=self.hparams.rate)
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1)]

lightning.seed_everything(1)
data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.arange(24.0).reshape(8, 3) / 24), batch_size=2)
logger = WandbLogger(project="lightning", name="line", log_model=True, tags=["cpu"], checkpoint_name="line")
keeper = ModelCheckpoint("kept", monitor="val/loss", filename="best")
trainer = lightning.Trainer(max_epochs=2, logger=logger, log_every_n_steps=2, accelerator="cpu", enable_progress_bar=False,
                            enable_model_summary=False, callbacks=[keeper, LearningRateMonitor()])
model = Line()
logger.watch(model, log="all", log_freq=2)
trainer.fit(model, data, data)
logger.log_text("examples", columns=["in", "out"], data=[["a", "b"], ["c", "d"]])
logger.log_metrics({"late": 1.0}, step=100)
run = logger.experiment
assert logger.version == run.id and logger.name == "lightning" and logger.save_dir == "."
run.finish()
folder = WandbLogger.download_artifact(f"{run.entity}/lightning/line:best", "again", use_artifact=False)
import os
assert os.listdir(folder) == ["model.ckpt"], os.listdir(folder)
print("/".join([run.entity, run.project, run.id]))
"""

FABRIC = """
import os, warnings
warnings.filterwarnings("ignore")
import numpy as np, torch
torch.__version__ = "1.13.0"  # as above
torch.distributed.is_available = lambda: False
from lightning.fabric import Fabric
from lightning.pytorch.callbacks import ModelCheckpoint
from wandb.integration.lightning.fabric import WandbLogger
logger = WandbLogger(name="line", prefix="fine", log_model=True, checkpoint_name="line", log_checkpoint_on="all", tags=["cpu"])
fabric = Fabric(accelerator="cpu", loggers=logger)
logger.log_hyperparams({"rate": 0.1, "deep": {"layers": 2}})
for step in range(3):
    fabric.log_dict({"loss": 1 / (step + 1)}, step=step)
logger.log_text("examples", columns=["in", "out"], data=[["a", "b"], ["c", "d"]], step=3)
logger.log_html("pages", ["<p>one</p>", "<p>two</p>"], step=4, inject=[False, False])
logger.log_image("pictures", [np.zeros((4, 5, 3), "uint8")], step=5, caption=["black"])
for wrong in (lambda: logger.log_html("pages", "one"), lambda: logger.log_audio("sounds", ["a.wav"], caption=[])):
    try:
        wrong()
    except (TypeError, ValueError) as error:
        assert type(error) in (TypeError, ValueError)
    else:
        raise AssertionError("taken")
open("best.ckpt", "w").write("weights")
keeper = ModelCheckpoint("kept", monitor="loss")
keeper.best_model_path, keeper.best_model_score = "best.ckpt", torch.tensor(0.5)
logger.after_save_checkpoint(keeper)
logger.save()
logger.finalize("failed")
run = logger.experiment
told = (logger.name, logger.save_dir, logger.log_dir, logger.group_separator, logger.version == run.id, logger.log_graph(None))
assert told == ("lightning_fabric_logs", ".", ".", "-", True, None), told
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""

TRANSFORMERS = """
import os, warnings
warnings.filterwarnings("ignore")
import torch, transformers, wandb
transformers.logging.set_verbosity_error()
transformers.set_seed(1)
config = transformers.GPT2Config(n_layer=1, n_head=1, n_embd=8, vocab_size=16, n_positions=8)
model = transformers.GPT2LMHeadModel(config)
rows = [{"input_ids": torch.tensor([i % 16, 1, 2, 3]), "labels": torch.tensor([i % 16, 1, 2, 3])} for i in range(12)]
arguments = transformers.TrainingArguments(
    "out", report_to=["wandb"], run_name="tiny", num_train_epochs=2, per_device_train_batch_size=4, logging_steps=1,
    evaluation_strategy="epoch", save_strategy="no", disable_tqdm=True, use_cpu=True, seed=1)
trainer = transformers.Trainer(model, arguments, train_dataset=rows, eval_dataset=rows[:4])
trainer.train()
trainer.evaluate()
run = wandb.run
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""


ACCELERATE = """
import numpy as np
from accelerate import Accelerator
accelerator = Accelerator(cpu=True, log_with="wandb")
accelerator.init_trackers("accelerate", config={"rate": 0.5, "deep": {"layers": 2}}, init_kwargs={"wandb": {"tags": ["cpu"]}})
for step in range(3):
    accelerator.log({"loss": 1 / (step + 1)}, step=step)
tracker = accelerator.get_tracker("wandb")
tracker.log_table("pairs", columns=["a", "b"], data=[[1, "x"], [2, "y"]], step=3)
tracker.log_images({"noise": np.zeros((1, 4, 5, 3), "uint8")}, step=4)
run = tracker.tracker
accelerator.end_training()
print("/".join([run.entity, run.project, run.id]))
"""

# What does not change from call to call.
TABLE_ROWS = """
import json, sys, tempfile, wandb
told = []
for file in wandb.Api().run(sys.argv[1]).files():
    if file.name.endswith(".table.json"):
        content = json.load(file.download(tempfile.mkdtemp(), replace=True))
        told.append([content["columns"], [[row[1], *row[4:]] for row in content["data"]]])
print(json.dumps(sorted(told, key=str)))
"""

PIPELINE = """
import os, warnings
warnings.filterwarnings("ignore")
import torch, transformers, wandb
from tokenizers import Tokenizer, models, pre_tokenizers
transformers.logging.set_verbosity_error()
transformers.set_seed(1)
words = ["<unk>", "one", "two", "three", "four"]
plain = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="<unk>"))
plain.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=plain, unk_token="<unk>", pad_token="<unk>")
config = transformers.GPT2Config(n_layer=1, n_head=1, n_embd=8, vocab_size=5, n_positions=16, bos_token_id=0, eos_token_id=0)
from wandb.integration.huggingface import autolog
autolog(init={"project": "pipelines"})
run = wandb.run
pipeline = transformers.TextGenerationPipeline(transformers.GPT2LMHeadModel(config), tokenizer, task="text-generation")
pipeline("one two", max_new_tokens=3, do_sample=False)
pipeline(["one", "three"], max_new_tokens=2, do_sample=False)
assert len(autolog.get_latest_id()) == 16
path = "/".join([run.entity, run.project, run.id])
autolog.disable()
pipeline("two", max_new_tokens=1)
print(path)
"""

# Two pipelines of diffusers, made here: one that is told what to draw, one that is not.
DIFFUSERS = """
import json, os, warnings
warnings.filterwarnings("ignore")
import torch
torch.__version__ = "1.13.0"
torch.distributed.is_available = lambda: False
import diffusers, transformers, wandb
diffusers.utils.logging.set_verbosity_error(); transformers.logging.set_verbosity_error()
diffusers.utils.logging.disable_progress_bar()
torch.manual_seed(1)
words = ["<|startoftext|>", "<|endoftext|>", "a</w>", "b</w>", "c</w>"]
os.makedirs("words", exist_ok=True)
with open("words/vocab.json", "w") as file:
    json.dump({word: n for n, word in enumerate(words)}, file)
with open("words/merges.txt", "w") as file:
    file.write("#version: 0.2\\n")
tokenizer = transformers.CLIPTokenizer("words/vocab.json", "words/merges.txt", model_max_length=8)
text = transformers.CLIPTextModel(transformers.CLIPTextConfig(vocab_size=5, hidden_size=8, intermediate_size=8, num_hidden_layers=1,
    num_attention_heads=2, max_position_embeddings=8, projection_dim=8, bos_token_id=0, eos_token_id=1))
unet = diffusers.UNet2DConditionModel(sample_size=8, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=(8, 8),
    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    cross_attention_dim=8, attention_head_dim=2, norm_num_groups=4)
vae = diffusers.AutoencoderKL(block_out_channels=(8, 8), norm_num_groups=4, down_block_types=("DownEncoderBlock2D",) * 2,
    up_block_types=("UpDecoderBlock2D",) * 2, sample_size=16)
plain = diffusers.PNDMPipeline(diffusers.UNet2DModel(sample_size=8, block_out_channels=(8, 8), norm_num_groups=4,
    down_block_types=("DownBlock2D",) * 2, up_block_types=("UpBlock2D",) * 2, layers_per_block=1), diffusers.PNDMScheduler(skip_prk_steps=True))
told = diffusers.StableDiffusionPipeline(vae, text, tokenizer, unet, diffusers.PNDMScheduler(skip_prk_steps=True), None, None,
    requires_safety_checker=False)
for each in (plain, told):
    each.set_progress_bar_config(disable=True)

from wandb.integration.diffusers import autolog
autolog(init={"project": "diffusers"})
run = wandb.run
told("a b", negative_prompt="c", num_inference_steps=2, height=16, width=16, generator=torch.Generator().manual_seed(3))
plain(1, num_inference_steps=2, generator=torch.Generator().manual_seed(4))
if OURS:
    told(["a", "b"], num_images_per_prompt=2, num_inference_steps=1, height=16, width=16)
    told("a", output_type="latent", num_inference_steps=1, height=16, width=16)
    told("a", return_dict=False, num_inference_steps=1, height=16, width=16)
path = "/".join([run.entity, run.project, run.id])
autolog.disable()
plain(num_inference_steps=2)
print(path)
"""

SOUNDS = """
import sys, types, wandb
import numpy as np

class AudioLDMPipeline:
    config = {"rate": 16000}

    def __call__(self, prompt=None, audio_length_in_s=None, negative_prompt=None):
        return types.SimpleNamespace(audios=np.sin(np.arange(1600.0))[None])

diffusers = types.ModuleType("diffusers")
diffusers.__spec__ = types.SimpleNamespace(name="diffusers")

def other(name):
    if not name[0].isupper():
        raise AttributeError(name)
    return type(name, (), {"__call__": lambda self: None})

diffusers.__getattr__ = other
diffusers.AudioLDMPipeline = AudioLDMPipeline
sys.modules["diffusers"] = diffusers
from wandb.integration.diffusers import autolog
autolog(init={"project": "sounds"})
run = wandb.run
AudioLDMPipeline()("a sea", audio_length_in_s=0.1)
path = "/".join([run.entity, run.project, run.id])
autolog.disable()
print(path)
"""

STABLE_BASELINES = """
import os, warnings
warnings.filterwarnings("ignore")
import wandb
run = wandb.init(project="sb3", config={"gamma": "mine"})
from stable_baselines3 import PPO
from wandb.integration.sb3 import WandbCallback
model = PPO("MlpPolicy", "CartPole-v1", n_steps=32, batch_size=16, n_epochs=1, seed=1, device="cpu",
            policy_kwargs={"net_arch": [4]})
model.learn(32, callback=WandbCallback(model_save_path="kept", model_save_freq=20, gradient_save_freq=1))
run.log({"end": 1})
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""

TORCHS_WRITER = """
import torch, wandb
run = wandb.init(project="writer", sync_tensorboard=True)
from torch.utils.tensorboard import SummaryWriter
with SummaryWriter("logs") as writer:
    for step in range(3):
        writer.add_scalar("loss", 0.5 ** step, step)
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""


@pytest.fixture(scope="module")
def both(peers):
    """Runs a script with both clients, in the environment of the frameworks."""
    return peers.both_in("wandb-frameworks")


def told(run: dict) -> dict:
    """Without what no two runs share: how fast it went, moments, and the ids of a graph's nodes."""

    def is_shared(key: str, value: object) -> bool:
        # The official client leaves empty dictionaries out of the config.
        return not key.endswith(("runtime", "_per_second", "logging_dir")) and key != "graph_0" and value != {}

    plain = comparable({key: run[key] for key in ("history", "summary", "config")}, run["id"])
    parts = [*plain["history"], plain["summary"], plain["config"]]
    return {"parts": [{key: value for key, value in part.items() if is_shared(key, value)} for part in parts]}


def test_lightnings_logger_records_likewise(both):
    official, ours = both(LIGHTNING)
    assert told(ours) == told(official)
    assert {"train/loss", "trainer/global_step"} <= set().union(*ours["history"]) and ours["config"] == {"rate": 0.1, "width": 3}
    assert any("gradients/layer.weight" in row for row in ours["history"])
    assert [name.split("_")[0] for name in ours["files"]] == [name.split("_")[0] for name in official["files"]]
    models = [next(each for each in run["artifacts"] if each["type"] == "model") for run in (official, ours)]
    assert models[1]["metadata"] == models[0]["metadata"]
    assert list(models[1]["entries"]) == ["model.ckpt"] and models[1]["aliases"] == ["best", "latest"]


def test_fabrics_logger_records_likewise(both):
    official, ours = both(FABRIC)
    assert told(ours) == told(official)
    assert ours["config"] == {"rate": 0.1, "deep": {"layers": 2}} and ours["summary"]["fine-loss"] == 1 / 3
    assert sorted(ours["files"].values()) == sorted(official["files"].values()) and len(ours["files"]) == 4
    models = [[each for each in run["artifacts"] if each["type"] == "model"] for run in (official, ours)]
    assert [each["aliases"] for each in models[1]] == [["best", "latest"]]
    assert [[each["name"], each["metadata"], each["entries"]] for each in models[1]] == [
        [each["name"], each["metadata"], each["entries"]] for each in models[0]
    ]


def test_transformers_callback_records_likewise(both):
    official, ours = both(TRANSFORMERS, WANDB_PROJECT="transformers", WANDB_LOG_MODEL="end", WANDB_WATCH="all")
    assert told(ours) == told(official)
    assert ours["summary"]["train/global_step"] == 6 and ours["config"]["n_embd"] == 8
    weights = [run["artifacts"][0]["entries"]["model.safetensors"] for run in (official, ours)]
    assert weights[1] == weights[0]


def test_torchs_writer_for_tensorboard_is_followed(both):
    official, ours = both(TORCHS_WRITER)
    rows = [[{key: row[key] for key in ("global_step", "loss")} for row in run["history"]] for run in (official, ours)]
    assert rows[1] == rows[0] == [{"global_step": step, "loss": 0.5**step} for step in range(3)]


def test_accelerates_tracker_records_likewise(both):
    official, ours = both(ACCELERATE)
    assert told(ours) == told(official)
    assert ours["files"] == official["files"] and len(ours["files"]) == 2
    assert ours["config"] == {"rate": 0.5, "deep": {"layers": 2}}


def test_stable_baselines_callback_records_likewise(both):
    official, ours = both(STABLE_BASELINES)
    # Objects of the model say where they lie in memory.
    configs = [
        {key: value for key, value in run["config"].items() if key != "start_time" and "0x" not in str(value)}
        for run in (official, ours)
    ]
    assert configs[1] == configs[0] and configs[1]["algo"] == "PPO" and configs[1]["gamma"] == "mine"
    keys = [set().union(*run["history"]) for run in (official, ours)]
    assert keys[1] == keys[0] and any(key.startswith("gradients/") for key in keys[1])
    names = [{name for name in run["names"] if name.endswith(".zip")} for run in (official, ours)]
    assert names[1] == names[0] == {"model.zip"}


def test_calls_of_a_pipeline_are_tables(both, peers):
    official, ours = both(PIPELINE)
    assert ours["state"] == official["state"] == "finished"
    tables = [[row["text-generation"] for row in run["history"] if "text-generation" in row] for run in (official, ours)]
    shapes = [[(each["_type"], each["ncols"], each["nrows"]) for each in run] for run in tables]
    assert shapes[1] == shapes[0] == [("table-file", 7, 1), ("table-file", 7, 2)]
    rows = [peers.run(TABLE_ROWS, False, "reader", f"{peers.user.name}/pipelines/{run['id']}").strip() for run in (official, ours)]
    assert rows[1] == rows[0] and "one two" in rows[0]


def test_calls_of_diffusers_are_pictures_and_tables(peers):
    python = peers.both_in("wandb-frameworks").keywords["python"]
    paths = [peers.run(f"OURS = {ours}\n{DIFFUSERS}", ours, python=python).split()[-1] for ours in (False, True)]
    official, ours = peers.read(*paths)
    histories = [[{key: value for key, value in row.items() if "/" in key} for row in run["history"]] for run in (official, ours)]
    pictures, tables = (
        [[row[key] for row in rows for key in row if key.startswith(kind)] for rows in histories] for kind in ("Generated", "Result")
    )
    told_of = [[(each["width"], each.get("caption"), each["sha256"]) for each in run] for run in pictures]
    assert told_of[1][:2] == told_of[0] and told_of[0][0][:2] == (16, "a b")
    assert [[(each["ncols"], each["nrows"]) for each in run] for run in tables] == [[(3, 1), (3, 1)], [(3, 1), (3, 1), (3, 4), (3, 1)]]
    assert [each[1] for each in told_of[1][2:]] == ["a", "a", "b", "b", "a"]
    stages = [run["config"]["workflow"] for run in (official, ours)]
    for stage in stages[0]:
        stage["params"]["generator"].pop("random_state")
        stage["params"].pop("kwargs", None)
    assert stages[1][:2] == stages[0] and len(stages[1]) == 4
    assert ours["state"] == official["state"] == "finished"


def test_sounds_of_diffusers_are_logged_likewise(peers):
    """Models of sounds are large: the pipeline is an object like the library's, and says what it was made to say."""
    official, ours = peers.both(SOUNDS)
    sounds = [run["history"][0]["Generated-Audio/Pipeline-Call-1"] for run in (official, ours)]
    assert sounds[1] == sounds[0] and sounds[0]["caption"] == "a sea"
    assert ours["config"] == official["config"]
    tables = [run["history"][1]["Result-Table/Pipeline-Call-1"] for run in (official, ours)]
    assert [(each["ncols"], each["nrows"]) for each in tables] == [(4, 1), (4, 1)]
