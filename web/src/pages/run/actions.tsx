/* actions.tsx - what can be done to one run from its own page. */

import { copyText } from "../../components/copy_text";
import { IconButton } from "../../components/icon";
import { MenuList, Popover } from "../../components/popover";
import { sayError } from "../../components/toast";
import { t } from "../../i18n";
import { forkCode } from "../../lib/fork_code";
import { pathOf } from "../../lib/match";
import type { Run } from "../../lib/types";
import { stopRuns } from "../../queries/runs";
import { withUndo } from "../../removal";
import { moveTo } from "../../moving";
import { navigate } from "../../router";
import { mayChange } from "../../session";

interface Props {
    entity: string;
    project: string;
    run: Run;
    reload: () => void;
}

export function RunActions({ entity, project, run, reload }: Props) {
    const isMine = mayChange.value;
    const path = `${entity}/${project}/${run.name}`;
    const fork = forkCode(entity, project, run.name);
    const html = `<iframe src="${window.location.origin}${pathOf(entity, project, "runs", run.name)}?jupyter=true" style="border:none;width:100%;height:420px"></iframe>`;
    const remove = async () => {
        await withUndo(entity, project, [run], () => navigate(pathOf(entity, project, "runs", run.name)));
        navigate(pathOf(entity, project));
    };
    const move = async () => {
        const to = await moveTo(entity, project, [run]);
        if (to !== null) navigate(pathOf(...to, "runs", run.name));
    };
    return (
        <>
            {isMine && run.state === "running" && (
                <button type="button" class="button danger" onClick={() => void stopRuns([run.id]).then(reload, sayError)}>
                    {t("runs.stop")}
                </button>
            )}
            <Popover isMenu label={t("action.more")} button={(open) => <IconButton icon="dots" label={`${t("action.more")}: ${run.displayName}`} onClick={open} />}>
                {(close) => (
                    <MenuList
                        close={close}
                        items={[
                            { label: t("runs.copy_path"), onClick: () => void copyText(path) },
                            { label: t("run.copy_fork"), onClick: () => void copyText(fork) },
                            { label: t("run.copy_embed"), onClick: () => void copyText(html) },
                            isMine && "line",
                            isMine && { label: t("run.move"), onClick: () => void move().catch(sayError) },
                            isMine && { label: t("action.delete"), isDanger: true, onClick: () => void remove().catch(sayError) },
                        ]}
                    />
                )}
            </Popover>
        </>
    );
}
