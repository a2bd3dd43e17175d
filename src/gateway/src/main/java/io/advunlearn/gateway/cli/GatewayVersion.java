package io.advunlearn.gateway.cli;

import picocli.CommandLine.IVersionProvider;

/** The version in the jar's manifest. */
final class GatewayVersion implements IVersionProvider {

    @Override
    public String[] getVersion() {
        String version = GatewayVersion.class.getPackage().getImplementationVersion();
        return new String[] {"advunlearn " + (version == null ? "development" : version)};
    }
}
