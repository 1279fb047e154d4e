/* members.ts - who belongs to a team or an organisation, and as what. */

import { graphql } from "../api";

export const ROLES = ["viewer", "member", "admin"] as const;

export interface Member {
    id: string;
    name: string /* an address, of who was invited and has not come yet */;
    role: string;
    isPending: boolean;
}

/* null for a person's own entity, which has no members. */
export async function fetchMembers(entity: string): Promise<Member[] | null> {
    const data = await graphql<{
        entity: { entityType: string; members: { id: string; username: string | null; email: string | null; role: string; pending: boolean }[] } | null;
    }>("query PageMembers($entity: String!) { entity(name: $entity) { entityType members { id username email role pending } } }", { entity });
    if (data.entity === null || data.entity.entityType === "personal") return null;
    return data.entity.members.map((m) => ({ id: m.id, name: m.username ?? m.email ?? "", role: m.role, isPending: m.pending }));
}

/* Whom the name or the address means becomes a member in this role; who is one already changes to it. */
export async function putMember(entity: string, who: string, role: string): Promise<void> {
    const by = who.includes("@") ? "email" : "username";
    await graphql("mutation PagePutMember($input: CreateInviteInput!) { createInvite(input: $input) { invite { id } } }", {
        input: { entityName: entity, [by]: who, role },
    });
}

export async function removeMember(entityName: string, id: string): Promise<void> {
    await graphql("mutation PageRemoveMember($input: DeleteInviteInput!) { deleteInvite(input: $input) { success } }", {
        input: { entityName, id },
    });
}

export async function createTeam(teamName: string): Promise<void> {
    await graphql("mutation PageCreateTeam($teamName: String!) { createTeam(input: { teamName: $teamName }) { entity { id } } }", { teamName });
}
