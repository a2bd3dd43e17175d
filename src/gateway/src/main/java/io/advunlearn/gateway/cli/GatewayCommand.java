package io.advunlearn.gateway.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;

/** The command line; without a command it serves. */
@Command(name = "advunlearn", mixinStandardHelpOptions = true, versionProvider = GatewayVersion.class,
        description = "Text-to-image serving whose text encoder can be erased of concepts and hot-swapped.",
        subcommands = {ServeCommand.class, GenerateCommand.class, EraseCommand.class, EvaluateCommand.class, SwapCommand.class, RegistryCommand.class,
            KeysCommand.class, DemoCommand.class},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "1:failed; the reason is on standard error", "2:wrong usage"})
public final class GatewayCommand implements Callable<Integer> {

    private GatewayCommand() {
    }

    public static CommandLine commandLine() {
        return new CommandLine(new GatewayCommand()).setExecutionExceptionHandler(reason()).setUsageHelpAutoWidth(true);
    }

    /** People get the reason; stack traces are for {@code -Dadvunlearn.trace=true}. */
    private static IExecutionExceptionHandler reason() {
        return (exception, command, parsed) -> {
            if (Boolean.getBoolean("advunlearn.trace")) {
                exception.printStackTrace(command.getErr());
            }
            command.getErr().println(command.getColorScheme().errorText("error: " + exception.getMessage()));
            return command.getCommandSpec().exitCodeOnExecutionException();
        };
    }

    @Override
    public Integer call() {
        return new ServeCommand().call();
    }
}
