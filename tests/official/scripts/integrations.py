"""integrations.py - what popular libraries log through the client's own integrations, a run for each."""

import numpy
import task
import wandb

given = task.parameters()
silent = wandb.Settings(silent=True, x_disable_stats=True)
chance = numpy.random.default_rng(1)
x = chance.random((120, 4))
y = (x[:, 0] + x[:, 1] > 1).astype(int)


def xgboost(run):
    from xgboost import DMatrix, train
    from wandb.integration.xgboost import WandbCallback

    data = DMatrix(x, y)
    parameters = {"objective": "binary:logistic", "max_depth": 2, "nthread": 1}
    callback = WandbCallback(log_model=True, log_feature_importance=False)
    history = {}
    train(parameters, data, 5, evals=[(data, "train")], evals_result=history, callbacks=[callback], verbose_eval=False)
    return history["train"]["logloss"]


def lightgbm(run):
    from lightgbm import Dataset, record_evaluation, train
    from wandb.integration.lightgbm import log_summary, wandb_callback

    data = Dataset(x, y)
    history = {}
    parameters = {"objective": "binary", "num_leaves": 4, "min_data_in_leaf": 5, "metric": "binary_logloss", "verbose": -1, "num_threads": 1}
    model = train(parameters, data, 5, valid_sets=[data], valid_names=["train"], callbacks=[wandb_callback(), record_evaluation(history)])
    log_summary(model, feature_importance=False, save_model_checkpoint=True)
    return history["train"]["binary_logloss"]


def sklearn(run):
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit(x, y)
    wandb.sklearn.plot_confusion_matrix(y, model.predict(x), ["low", "high"])
    wandb.sklearn.plot_roc(y, model.predict_proba(x), ["low", "high"])
    wandb.sklearn.plot_summary_metrics(model, x, y, x, y)
    run.log({"accuracy": model.score(x, y)})
    return model.score(x, y)


def optuna(run):
    import optuna
    from optuna_integration.wandb import WeightsAndBiasesCallback

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    callback = WeightsAndBiasesCallback(metric_name="loss", wandb_kwargs={"project": given.project, "id": run.id, "resume": "allow"})
    study.optimize(lambda trial: trial.suggest_float("a", 0, 1) ** 2, n_trials=5, callbacks=[callback])
    return study.trials_dataframe()["value"].tolist()


answers = {}
for log in (xgboost, lightgbm, sklearn, optuna):
    with wandb.init(project=given.project, id=log.__name__, settings=silent) as run:
        answers[log.__name__] = log(run)
task.answer(answers)
