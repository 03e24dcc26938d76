<#
.SYNOPSIS
Builds the image luxuryhouse/forecast-service:VERSION from this work tree.

.DESCRIPTION
Does on Windows what build.sh does elsewhere: the same Dockerfile, labels and date, and the list of what
is inside the image (CycloneDX) in target\image. May be called from any folder.

.PARAMETER Version
A semantic version such as 1.0.0 or 1.1.0-rc.1.

.EXAMPLE
.\build.ps1 -Version "1.0.0"
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)]
    [string]$Version
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function Stop-WithMessage([string]$Message, [int]$ExitCode) {
    [Console]::Error.WriteLine("build.ps1: $Message")
    exit $ExitCode
}

# The first engine that answers, or the one that FORECAST_CONTAINER_ENGINE names.
function Find-Engine {
    $candidates = @('docker', 'podman')
    if ($env:FORECAST_CONTAINER_ENGINE) {
        $candidates = @($env:FORECAST_CONTAINER_ENGINE)
    }
    foreach ($candidate in $candidates) {
        if (Get-Command $candidate -ErrorAction SilentlyContinue) {
            & $candidate version *> $null
            if ($LASTEXITCODE -eq 0) {
                return $candidate
            }
        }
    }
    Stop-WithMessage "none of these answers: $($candidates -join ', '); start Docker Desktop or Podman" 69
}

# The remote's address without the login that it may hold.
function Get-SourceAddress {
    $address = $env:FORECAST_IMAGE_SOURCE
    if (-not $address) {
        $address = git config --get remote.origin.url
    }
    if ($address -and $address.StartsWith('https://')) {
        return ($address -replace '^https://[^/@]*@', 'https://') -replace '\.git$', ''
    }
    return 'unknown'
}

$number = '(0|[1-9][0-9]*)'
$word = '(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)'
if ($Version -cnotmatch "^$number\.$number\.$number(-$word(\.$word)*)?$") {
    Stop-WithMessage "version $Version is no semantic version; for example 1.0.0 or 1.1.0-rc.1" 64
}
$engine = Find-Engine

$image = "luxuryhouse/forecast-service:$Version"
Push-Location (Join-Path $PSScriptRoot '..\..')
try {
    $revision = git rev-parse HEAD
    if ($LASTEXITCODE -ne 0) {
        Stop-WithMessage 'the image says which commit it is built from: run this in a Git work tree' 64
    }
    if (git status --porcelain) {
        $revision = "$revision-dirty"
        Write-Host '    the work tree differs from its commit: good for a try, not for the registry'
    }
    $epoch = $env:SOURCE_DATE_EPOCH
    if (-not $epoch) {
        $epoch = git log -1 '--format=%ct'
    }
    $created = [DateTimeOffset]::FromUnixTimeSeconds([long]$epoch).UtcDateTime.ToString('yyyy-MM-ddTHH:mm:ssZ')

    # Attestations hold times and would give the same image another digest every time.
    $env:DOCKER_BUILDKIT = '1'
    $env:BUILDX_NO_DEFAULT_ATTESTATIONS = '1'
    $options = @(
        '--file', 'deploy/docker/Dockerfile',
        '--tag', $image,
        '--build-arg', "VERSION=$Version",
        '--build-arg', "REVISION=$revision",
        '--build-arg', "SOURCE=$(Get-SourceAddress)",
        '--build-arg', "CREATED=$created",
        '--build-arg', "SOURCE_DATE_EPOCH=$epoch"
    )
    if ($engine -eq 'podman') {
        $options += @('--timestamp', $epoch)
    }
    Write-Host "    building $image with $engine"
    & $engine build @options .
    if ($LASTEXITCODE -ne 0) {
        Stop-WithMessage "$engine could not build $image; its last lines say why" 1
    }

    New-Item -ItemType Directory -Force -Path 'target/image' | Out-Null
    $sbom = "target/image/forecast-service-$Version.cdx.json"
    $container = & $engine create $image
    & $engine cp "${container}:/usr/share/sbom/forecast-service.cdx.json" $sbom | Out-Null
    & $engine rm $container | Out-Null
    Write-Host "    built $image"
    Write-Host "    what is inside: $sbom"
}
finally {
    Pop-Location
}
