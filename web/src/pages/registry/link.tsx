/* link.tsx - addresses that the official client prints of linked models: they say the collection, and nothing of its type. */

import { useEffect, useState } from "preact/hooks";
import { NotFound } from "../../app";
import { sayError } from "../../components/toast";
import { pathOf } from "../../lib/match";
import { fetchCollectionType } from "../../queries/registry";
import { address, navigate } from "../../router";

export default function RegistryLink() {
    const [isMissing, setMissing] = useState(false);
    const [entity = "", project = "", ...rest] = (address.value.query.get("selectionPath") ?? "").split("/");
    const collection = rest.join("/");
    const version = address.value.query.get("version") ?? "latest";
    useEffect(() => {
        fetchCollectionType(entity, project, collection).then((type) => {
            if (type === null) setMissing(true);
            else navigate(pathOf(entity, project, "artifacts", type, collection, version), "replace");
        }, sayError);
    }, []);
    return isMissing ? <NotFound /> : <main aria-busy="true" />;
}
