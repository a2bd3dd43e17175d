package io.advunlearn.service.access;

import io.advunlearn.registry.PipelineRoutes;

/**
 * Who sent a request, as far as a host could prove it.
 *
 * @param name for the audit log
 * @param role on the admin API, {@code null} for none
 * @param tenant the client of the image API, {@code null} for none; decides which encoder draws and whose limits count
 * @param address of the client, {@code null} if unknown; whose limits count where there is no other identity
 */
public record Identity(String name, Role role, String tenant, String address) {

    /** Code in this process that calls the admin API without saying for whom. */
    public static final Identity LOCAL = new Identity("local", Role.OPERATOR, null, null);

    private static final String ANONYMOUS = "anonymous";

    /** A client without credentials. */
    public static Identity anonymous(String address) {
        return new Identity(ANONYMOUS, null, null, address);
    }

    /** @throws IllegalArgumentException naming the field and what is accepted */
    public static String requireTenant(String field, String tenant) {
        if (!PipelineRoutes.isTenant(tenant)) {
            throw new IllegalArgumentException(field + " must match " + PipelineRoutes.tenantPattern());
        }
        return tenant;
    }

    public boolean isAnonymous() {
        return role == null && tenant == null && name.equals(ANONYMOUS);
    }

    /** Whether the role includes another. */
    public boolean may(Role needed) {
        return role != null && role.includes(needed);
    }

    /** The same from that address. */
    public Identity at(String newAddress) {
        return new Identity(name, role, tenant, newAddress);
    }
}
